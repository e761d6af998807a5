/** The pictures in the neurons: what a unit answers over the plane, or the weights with which it looks at an image. */
import type { Geometry } from './geometry';
import { Atlas } from './heatmap';
import { classColour, lookupTable, mix, type Palette } from './palette';
import { ownScale, sharedScales, type ScaleScope } from './scales';

/** Over the plane: values of every unit on a grid of `side` by `side` points. */
export interface PlanePictures {
  readonly side: number;
  /** [inputs][side * side] */
  readonly inputs: Float32Array;
  /** One a hidden layer: [units][side * side]. */
  readonly hidden: readonly Float32Array[];
  /** [outputs][side * side]: values in [-1, 1], or the classes' probabilities. */
  readonly meaning: Float32Array;
  /** One a column: what full colour stands for where a layer shares it. */
  readonly scales: readonly number[];
  readonly scope: ScaleScope;
  /** Pixels of the screen a point of the drawing. */
  readonly pixels: number;
}

/** A picture of so many points a pixel of the screen is drawn from every second point of every second row. */
const FINE = 1.25;

/** Every second value of every second row of a square picture of even side. */
export function thin(values: Float32Array, from: number, side: number, out: Float32Array): void {
  let to = 0;
  for (let row = 0; row < side; row += 2) {
    const end = from + (row + 1) * side;
    for (let at = end - side; at < end; at += 2) out[to++] = values[at]!;
  }
}

/** One atlas a column, kept from frame to frame. */
export class NeuronTiles {
  readonly atlases: Atlas[] = [];
  private classTables: Uint32Array[] = [];
  private tablesFor: Palette | null = null;
  private thinned = new Float32Array(0);

  fillPlane(geometry: Geometry, palette: Palette, pictures: PlanePictures): void {
    const { side, scope } = pictures;
    const count = side * side;
    this.thinned = this.thinned.length === count >> 2 ? this.thinned : new Float32Array(count >> 2);
    const last = geometry.columns.length - 1;
    const hidden = sharedScales(scope, pictures.scales.slice(1, last));
    for (const column of geometry.columns) {
      const atlas = this.atlas(column.index);
      const fine = side % 2 === 0 && side > FINE * column.size * pictures.pixels;
      const shown = fine ? side / 2 : side;
      atlas.resize(column.shown, shown, shown);
      const classes = column.index === last && column.units > 1;
      const values =
        column.index === 0
          ? pictures.inputs
          : column.index === last
            ? pictures.meaning
            : pictures.hidden[column.index - 1]!;
      const isHidden = column.index > 0 && column.index < last;
      // Inputs and outputs are not of the network's making: theirs stay as they are.
      const shared = (isHidden ? hidden[column.index - 1] : column.index === 0 ? pictures.scales[0] : 1) || 1;
      for (let unit = 0; unit < column.shown; unit++) {
        const table = classes ? this.classTable(palette, unit) : palette.ramp;
        const scale = isHidden && scope === 'map' ? ownScale(values, unit * count, count) : shared;
        if (fine) {
          thin(values, unit * count, side, this.thinned);
          atlas.write(unit, this.thinned, 0, count >> 2, scale, table);
        } else atlas.write(unit, values, unit * count, count, scale, table);
      }
      atlas.commit();
    }
  }

  private atlas(column: number): Atlas {
    return (this.atlases[column] ??= new Atlas());
  }

  private classTable(palette: Palette, index: number): Uint32Array {
    if (this.tablesFor !== palette) {
      this.tablesFor = palette;
      this.classTables = [];
    }
    return (this.classTables[index] ??= lookupTable(
      (value) => mix(palette.zero, classColour(palette, index), Math.max(0, value)),
      palette.unknown,
    ));
  }
}
