/** The large picture of the plane: one value as the ramp, several classes as their colours mixed by probability. */
import { Atlas, type Context } from './heatmap';
import { classColour, labelsColour, pixel, type Palette } from './palette';

export class PlaneMap {
  private readonly atlas = new Atlas();

  /** `values` is [side * side] from `from` on; `scale` is what full colour stands for. */
  drawValues(
    context: Context,
    palette: Palette,
    values: Float32Array,
    from: number,
    side: number,
    scale: number,
    size: number,
    table = palette.ramp,
  ): void {
    this.atlas.resize(1, side, side);
    this.atlas.write(0, values, from, side * side, scale, table);
    this.show(context, palette, size);
  }

  /** `probabilities` is [classes][side * side]; with `labels` each is for itself, and they need not sum to one. */
  drawClasses(
    context: Context,
    palette: Palette,
    probabilities: Float32Array,
    classes: number,
    side: number,
    size: number,
    labels = false,
  ): void {
    const count = side * side;
    const colours = Array.from({ length: classes }, (_, k) => classColour(palette, k));
    this.atlas.resize(1, side, side);
    this.atlas.paint(0, (pixels, start, stride) => {
      let numbers = true;
      for (let i = 0; i < count; i++) {
        if (labels) {
          const colour = labelsColour(palette.zero, colours, (k) => probabilities[k * count + i]!);
          if (Number.isNaN(colour[0])) numbers = false;
          pixels[start + Math.floor(i / side) * stride + (i % side)] = pixel(colour);
          continue;
        }
        let red = 0;
        let green = 0;
        let blue = 0;
        for (let k = 0; k < classes; k++) {
          const share = probabilities[k * count + i]!;
          const colour = colours[k]!;
          red += share * colour[0];
          green += share * colour[1];
          blue += share * colour[2];
        }
        if (Number.isNaN(red)) numbers = false;
        pixels[start + Math.floor(i / side) * stride + (i % side)] = pixel([red, green, blue]);
      }
      return numbers;
    });
    this.show(context, palette, size);
  }

  private show(context: Context, palette: Palette, size: number): void {
    this.atlas.commit();
    this.atlas.draw(context, 0, { x: 0, y: 0, width: size, height: size }, palette);
  }
}
