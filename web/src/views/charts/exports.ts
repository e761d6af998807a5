/** Charts as files: a picture and a drawing for slides and papers, numbers for everything else. */
import type { Quantity, Record } from '../../draw/curves';
import { SIZES } from '../../draw/figure';
import type { Strip } from '../../draw/filterStrip';
import { inLines, textWidth } from '../../draw/shorten';
import { css, type Palette, type Rgb } from '../../draw/palette';
import { SvgSurface, type Surface } from '../../draw/surface';

/** What the legend says of a line. */
interface Named {
  readonly short: string;
  readonly colour: Rgb;
  readonly dashed?: boolean;
  /** Drawn as a dot, not as a line. */
  readonly dot?: boolean;
}

export type Format = 'png' | 'svg' | 'csv';

/** Of a picture, in points; it has so many pixels a point that it is sharp on paper. */
const [WIDTH, HEIGHT, PIXELS] = [960, 540, 3];
const SIZE = SIZES.large;
const MARGIN = 20;
/** From a line of its words to the next. */
const LINE = 19;
/** Tells what reads a table that it is UTF-8; without it spreadsheets take Chinese names for something else. */
const BYTE_ORDER_MARK = '\ufeff';

/** What stands over the drawing, and how the drawing is drawn into the room that is left. */
export interface Sheet {
  readonly title: string;
  readonly how: string;
  readonly lines: readonly Named[];
  readonly draw: (surface: Surface, width: number, height: number) => void;
}

/** Something on which what is drawn can be moved: a canvas can by itself. */
type Movable = Surface & { translate(x: number, y: number): void };

function drawSheet(surface: Movable, palette: Palette, { title, how, lines, draw }: Sheet): void {
  surface.fillStyle = palette.card;
  surface.fillRect(0, 0, WIDTH, HEIGHT);
  surface.textAlign = 'left';
  surface.textBaseline = 'top';
  surface.fillStyle = palette.ink;
  surface.font = `600 20px ${palette.font}`;
  surface.fillText(title, MARGIN, MARGIN);
  surface.font = `${SIZE}px ${palette.font}`;
  surface.fillStyle = palette.ink2;
  const words = inLines(surface, how, WIDTH - 2 * MARGIN);
  words.forEach((line, i) => surface.fillText(line, MARGIN, MARGIN + 30 + i * LINE));
  const more = (words.length - 1) * LINE;
  const middle = MARGIN + 64 + more;
  let x = MARGIN;
  const room = (WIDTH - 2 * MARGIN) / Math.max(1, lines.length);
  for (const { short, colour, dashed, dot } of lines) {
    surface.strokeStyle = surface.fillStyle = css(colour);
    surface.lineWidth = 2;
    surface.setLineDash(dashed ? [5, 3] : []);
    surface.beginPath();
    if (dot) {
      surface.arc(x + 8, middle, 5, 0, 2 * Math.PI);
      surface.fill();
    } else {
      surface.moveTo(x, middle);
      surface.lineTo(x + Math.min(16, room / 2), middle);
      surface.stroke();
    }
    surface.fillText(short, x + 20, middle - 7);
    x += Math.min(room, 20 + textWidth(short, SIZE) + SIZE);
  }
  surface.setLineDash([]);
  const above = (lines.length > 0 ? 80 : 58) + more;
  surface.translate(MARGIN - 8, MARGIN + above);
  draw(surface, WIDTH - 2 * MARGIN + 8, HEIGHT - 2 * MARGIN - above + 4);
}

/** The chart as an SVG document. */
export function svgOf(sheet: Sheet, palette: Palette): string {
  const paper = document.createElement('canvas').getContext('2d')!;
  const surface = new SvgSurface(WIDTH, HEIGHT, (text, _, font) => {
    paper.font = font;
    return paper.measureText(text).width;
  });
  drawSheet(surface, palette, sheet);
  return surface.toString();
}

/** The chart as a picture; null where the browser cannot make one. */
export function pngOf(sheet: Sheet, palette: Palette): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [WIDTH * PIXELS, HEIGHT * PIXELS];
  const context = canvas.getContext('2d')!;
  context.scale(PIXELS, PIXELS);
  drawSheet(context, palette, sheet);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** Every row that is kept, with a column for each line and its edges; empty where nothing was measured. */
export function csvOf(
  plan: { readonly lines: readonly { readonly label: string }[]; readonly quantities: readonly Quantity[] },
  { series, live }: Record,
): string {
  const columns = plan.lines.flatMap(({ label }, i) => {
    const [high, low, value] = plan.quantities.slice(3 * i, 3 * i + 3) as [Quantity, Quantity, Quantity];
    const all = [{ name: label, read: value.read }];
    if (low.read !== value.read)
      all.push({ name: `${label} −`, read: low.read }, { name: `${label} +`, read: high.read });
    return all;
  });
  const tracks = columns.map(({ read }) => rowsOf({ read, reduce: 'mean' }, { series, live }));
  const x = tracks[0]?.x ?? [];
  return table(
    ['step', ...columns.map(({ name }) => name)],
    x.map((step, row) => [step, ...tracks.map(({ y }) => y[row])]),
  );
}

/** Filters through time: a row for every moment and filter, with all its weights, one input after the other, row by row. */
export function csvOfFilters({
  steps,
  moments,
  pictures,
  width,
  height,
}: Strip & { steps: readonly number[] }): string {
  const size = pictures * width * height;
  return table(
    ['step', 'filter', ...Array.from({ length: size }, (_, i) => `weight ${i + 1}`)],
    moments.flatMap((values, at) =>
      Array.from({ length: values.length / size }, (_, filter) => [
        steps[at],
        filter + 1,
        ...values.subarray(filter * size, (filter + 1) * size),
      ]),
    ),
  );
}

/** A quantity at every row that is kept, by steps. */
export function rowsOf({ read }: Quantity, { series, live }: Record): { x: number[]; y: number[] } {
  const x = Array.from(series.steps());
  const columns: Float32Array[] = [];
  const y = x.map((_, row) => read((column) => (columns[column] ??= series.column(column))[row]!));
  if (live && live.step > (x.at(-1) ?? -1)) {
    x.push(live.step);
    y.push(read((column) => live.stats[column] ?? NaN));
  }
  return { x, y };
}

type Cell = number | string | null | undefined;

/** Numbers, and what they are of, as CSV; what is missing is empty. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head.map(quote), ...rows.map((row) => row.map(cell)), []].map((line) => line.join(',')).join('\n');
}

function cell(value: Cell): string {
  if (typeof value === 'string') return quote(value);
  return typeof value !== 'number' || !Number.isFinite(value) ? '' : String(Number(value.toPrecision(8)));
}

function quote(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Saves a chart in a format; `csv` writes its numbers. */
export async function take(
  format: Format,
  chart: string,
  step: number,
  sheet: Sheet,
  palette: Palette,
  csv: () => string,
): Promise<void> {
  const name = `livegrad-${chart.replaceAll('_', '-')}-${Math.round(step)}.${format}`;
  if (format === 'csv') return download(name, new Blob([BYTE_ORDER_MARK, csv()], { type: 'text/csv' }));
  if (format === 'svg') return download(name, new Blob([svgOf(sheet, palette)], { type: 'image/svg+xml' }));
  const picture = await pngOf(sheet, palette);
  if (picture) download(name, picture);
}

/** Gives a file to the person. */
function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken it over by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
