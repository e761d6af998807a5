/** An image moved, turned and enlarged, as a person does it by sliders to see what the network does not mind. */
import type { ImageSize } from '../draw/images';

export interface Transform {
  /** In pixels. */
  readonly right: number;
  readonly down: number;
  /** In degrees, clockwise. */
  readonly rotation: number;
  /** 1 leaves the size as it is. */
  readonly zoom: number;
}

export const UNMOVED: Transform = { right: 0, down: 0, rotation: 0, zoom: 1 };

export function isUnmoved({ right, down, rotation, zoom }: Transform): boolean {
  return right === 0 && down === 0 && rotation === 0 && zoom === 1;
}

/**
 * Writes the transformed image into `out`: about its middle, by bilinear interpolation; beyond the edges the outermost
 * pixels go on, as in the augmentation of training images. Both are [channels * height * width], `image` from `from` on.
 */
export function transformImage(
  image: Float32Array,
  from: number,
  out: Float32Array,
  { width, height, channels }: ImageSize,
  transform: Transform,
): void {
  const pixels = width * height;
  if (isUnmoved(transform)) {
    for (let i = 0; i < pixels * channels; i++) out[i] = image[from + i]!;
    return;
  }
  const angle = (transform.rotation * Math.PI) / 180;
  const cos = Math.cos(angle) / transform.zoom;
  const sin = Math.sin(angle) / transform.zoom;
  const middleX = (width - 1) / 2;
  const middleY = (height - 1) / 2;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = column - middleX - transform.right;
      const y = row - middleY - transform.down;
      const sourceX = Math.min(width - 1, Math.max(0, cos * x + sin * y + middleX));
      const sourceY = Math.min(height - 1, Math.max(0, cos * y - sin * x + middleY));
      const left = Math.min(width - 1, Math.floor(sourceX));
      const top = Math.min(height - 1, Math.floor(sourceY));
      const right = Math.min(width - 1, left + 1);
      const bottom = Math.min(height - 1, top + 1);
      const shareX = sourceX - left;
      const shareY = sourceY - top;
      for (let channel = 0; channel < channels; channel++) {
        const plane = from + channel * pixels;
        const upper = mixed(image[plane + top * width + left]!, image[plane + top * width + right]!, shareX);
        const lower = mixed(image[plane + bottom * width + left]!, image[plane + bottom * width + right]!, shareX);
        out[channel * pixels + row * width + column] = mixed(upper, lower, shareY);
      }
    }
  }
}

function mixed(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
