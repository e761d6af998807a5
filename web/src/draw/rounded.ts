/** Corners and borders of many pictures at once. */
import type { Box, Context } from './heatmap';

/** Paints what lies outside of the rounded corners of pictures in the colour of the ground: cheaper than a clip each. */
export function roundCorners(context: Context, boxes: readonly Box[], radius: number, ground: string): void {
  context.beginPath();
  for (const { x, y, width, height } of boxes) {
    context.rect(x - 0.5, y - 0.5, width + 1, height + 1);
    context.roundRect(x, y, width, height, radius);
  }
  context.fillStyle = ground;
  context.fill('evenodd');
}

/**
 * Rounds the corners of pictures and draws their borders. Where pictures lie on others, `corners` is false and they stay
 * square.
 */
export function roundedBoxes(
  context: Context,
  boxes: readonly Box[],
  radius: number,
  ground: string,
  border: string,
  line: number,
  corners = true,
): void {
  if (corners) roundCorners(context, boxes, radius, ground);
  context.beginPath();
  for (const { x, y, width, height } of boxes) {
    if (corners) context.roundRect(x, y, width, height, radius);
    else context.rect(x, y, width, height);
  }
  context.lineWidth = line;
  context.strokeStyle = border;
  context.stroke();
}
