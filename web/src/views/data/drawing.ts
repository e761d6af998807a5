/** Points that a person draws on the plane: a brush that sprinkles them, an eraser, and undo. Pure. */
import { PLANE } from '../../model/inputs';

/** Place on the plane, and the class or value there. */
export type Point = readonly [x1: number, x2: number, target: number];

export const MOST_POINTS = 5000;
const KEPT = 100;

export class Drawing {
  points: readonly Point[] = [];
  private past: (readonly Point[])[] = [];

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  /** Everything until the next `begin` is one step of undo. */
  begin(): void {
    this.past.push(this.points);
    if (this.past.length > KEPT) this.past.shift();
  }

  /** Sprinkles `count` points of a target into the disc of that radius about a place; `random` gives [0, 1). */
  sprinkle(x: number, y: number, radius: number, target: number, count: number, random: () => number): void {
    const added: Point[] = [];
    for (let i = 0; i < count && this.points.length + added.length < MOST_POINTS; i++) {
      // The square root spreads them evenly over the disc.
      const distance = radius * Math.sqrt(random());
      const angle = 2 * Math.PI * random();
      added.push([onPlane(x + distance * Math.cos(angle)), onPlane(y + distance * Math.sin(angle)), target]);
    }
    this.points = [...this.points, ...added];
  }

  erase(x: number, y: number, radius: number): void {
    this.points = this.points.filter(([x1, x2]) => Math.hypot(x1 - x, x2 - y) > radius);
  }

  clear(): void {
    if (this.points.length === 0) return;
    this.begin();
    this.points = [];
  }

  undo(): void {
    this.points = this.past.pop() ?? this.points;
  }
}

function onPlane(value: number): number {
  return Number(Math.min(PLANE, Math.max(-PLANE, value)).toFixed(3));
}
