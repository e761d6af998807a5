/**
 * What charts are drawn on: the part of a canvas' context that they use, and the same as SVG, so that a chart looks
 * alike on the screen, as a picture and as a drawing.
 */
import { textWidth, type Measuring } from './shorten';

export type Surface = Pick<
  CanvasRenderingContext2D,
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'closePath'
  | 'arc'
  | 'rect'
  | 'stroke'
  | 'fill'
  | 'fillRect'
  | 'fillText'
  | 'clip'
  | 'save'
  | 'restore'
  | 'setLineDash'
> &
  Measuring & {
    fillStyle: CanvasRenderingContext2D['fillStyle'];
    strokeStyle: CanvasRenderingContext2D['strokeStyle'];
    lineWidth: number;
    lineJoin: CanvasLineJoin;
    globalAlpha: number;
    font: string;
    textAlign: CanvasTextAlign;
    textBaseline: CanvasTextBaseline;
  };

const ANCHORS: Partial<Record<CanvasTextAlign, string>> = { center: 'middle', right: 'end', end: 'end' };
/** How far the baseline is below the line that text hangs on, in sizes of the font. */
const DROPS: Partial<Record<CanvasTextBaseline, number>> = { top: 0.8, hanging: 0.8, middle: 0.36, bottom: -0.2 };

/** Writes what is drawn as the elements of an SVG document. */
export class SvgSurface implements Surface {
  fillStyle: Surface['fillStyle'] = '#000';
  strokeStyle: Surface['strokeStyle'] = '#000';
  lineWidth = 1;
  lineJoin: CanvasLineJoin = 'round';
  globalAlpha = 1;
  font = '10px sans-serif';
  textAlign: CanvasTextAlign = 'left';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  private dash: number[] = [];
  private path = '';
  private clips = 0;
  private moved = 0;
  private readonly parts: string[] = [];
  /** How many groups each `save` has to close, and what it goes back to. */
  private readonly saved: { groups: number; style: Partial<SvgSurface> }[] = [];

  constructor(
    private readonly width: number,
    private readonly height: number,
    /** Knows how wide a text is: of that size, in that font. */
    private readonly widthOf: (text: string, size: number, font: string) => number = textWidth,
  ) {}

  measureText(text: string): { width: number } {
    return { width: this.widthOf(text, Number(/([\d.]+)px/.exec(this.font)?.[1] ?? 10), this.font) };
  }

  beginPath(): void {
    this.path = '';
  }

  moveTo(x: number, y: number): void {
    this.path += `M${round(x)} ${round(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `${this.path === '' ? 'M' : 'L'}${round(x)} ${round(y)}`;
  }

  closePath(): void {
    this.path += 'Z';
  }

  /** A whole circle: charts draw no other arcs. */
  arc(x: number, y: number, radius: number): void {
    const r = round(radius);
    this.path += `M${round(x - radius)} ${round(y)}a${r} ${r} 0 1 0 ${round(2 * radius)} 0a${r} ${r} 0 1 0 ${round(-2 * radius)} 0Z`;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path += `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`;
  }

  stroke(): void {
    if (this.path === '') return;
    const dash = this.dash.length > 0 ? ` stroke-dasharray="${this.dash.join(' ')}"` : '';
    this.add(
      `<path d="${this.path}" fill="none" stroke="${escape(String(this.strokeStyle))}" stroke-width="${this.lineWidth}"` +
        ` stroke-linejoin="${this.lineJoin}"${dash}${this.alpha()}/>`,
    );
  }

  fill(): void {
    if (this.path !== '') this.add(`<path d="${this.path}" fill="${escape(String(this.fillStyle))}"${this.alpha()}/>`);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
    this.add(`<rect ${place} fill="${escape(String(this.fillStyle))}"${this.alpha()}/>`);
  }

  fillText(text: string, x: number, y: number): void {
    const [, weight, size, family] = /^(?:(\d+) )?([\d.]+)px (.*)$/s.exec(this.font) ?? [
      '',
      undefined,
      '10',
      'sans-serif',
    ];
    const bold = weight ? ` font-weight="${weight}"` : '';
    const anchor = ANCHORS[this.textAlign];
    const down = round(y + (DROPS[this.textBaseline] ?? 0) * Number(size));
    this.add(
      `<text x="${round(x)}" y="${down}" font-size="${size}"${bold} font-family="${escape(family!)}"` +
        `${anchor ? ` text-anchor="${anchor}"` : ''} fill="${escape(String(this.fillStyle))}"${this.alpha()}>${escape(text)}</text>`,
    );
  }

  /** What is drawn until `restore` shows inside the present path only. */
  clip(): void {
    const id = `clip${++this.clips}`;
    this.add(`<clipPath id="${id}"><path d="${this.path}"/></clipPath><g clip-path="url(#${id})">`);
    const last = this.saved.at(-1);
    if (last) last.groups++;
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, lineJoin, globalAlpha, font, textAlign, textBaseline } = this;
    const style = { fillStyle, strokeStyle, lineWidth, lineJoin, globalAlpha, font, textAlign, textBaseline };
    this.saved.push({ groups: 0, style });
  }

  restore(): void {
    const last = this.saved.pop();
    if (!last) return;
    this.add('</g>'.repeat(last.groups));
    Object.assign(this, last.style);
    this.dash = [];
  }

  /** Moves what is drawn from now on. */
  translate(x: number, y: number): void {
    this.add(`<g transform="translate(${round(x)} ${round(y)})">`);
    this.moved++;
  }

  setLineDash(dash: number[]): void {
    this.dash = dash;
  }

  /** The whole document. */
  toString(): string {
    const { width, height } = this;
    const parts = [...this.parts, ...(this.moved > 0 ? ['</g>'.repeat(this.moved)] : [])];
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
      `\n${parts.join('\n')}\n</svg>\n`
    );
  }

  private alpha(): string {
    return this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : '';
  }

  private add(part: string): void {
    if (part !== '') this.parts.push(part);
  }
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);
}
