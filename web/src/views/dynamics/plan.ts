/** What a chart is: its words, its lines, and how its axes are. Made anew when network, language or theme change. */
import type { Range } from '../../draw/axes';
import type { Quantity } from '../../draw/curves';
import type { Palette, Rgb } from '../../draw/palette';
import type { Column, Layout, Variant } from '../../protocol/messages';

export interface Line {
  readonly label: string;
  /** As it stands in the legend, where there is less room. */
  readonly short: string;
  readonly colour: Rgb;
  /** Whose it is, if a layer's. */
  readonly layer: number | null;
  readonly dashed?: boolean;
}

/** An array of a probe, and what it is called. */
export interface UnitNumbers {
  readonly id: string;
  readonly label: string;
}

export interface ChartPlan {
  readonly id: string;
  /** What it means, in a few words; and how it is called beside others at the same place. */
  readonly title: string;
  readonly short: string;
  /** How to read it, in a line. */
  readonly how: string;
  /** What is measured, exactly. */
  readonly help: string;
  /** The symbol or unit of what is measured, at its axis. */
  readonly unit: string;
  readonly lines: readonly Line[];
  /** Three for every line: high edge, low edge, and the curve itself. */
  readonly quantities: readonly Quantity[];
  /** What its y axis is until somebody switches it. */
  readonly logarithmic: boolean;
  /** Shares of a whole have no logarithmic axis. */
  readonly share?: boolean;
  readonly fromZero: boolean;
  /** A linear axis reaches at least this far. */
  readonly reach?: Range;
  /** A stretch that is usual, drawn softly behind. */
  readonly stretch?: Range;
  /** Drawn by depth whatever the others are drawn by. */
  readonly byDepth?: boolean;
  /** The probe that measures it; without one it is in the record. */
  readonly source?: string;
  /** What is drawn of a probe where not curves: histograms over time, a mask, or numbers for every unit. */
  readonly kind?: 'ridge' | 'mask' | 'units';
  /** Numbers for every unit: which array, and which it is read against. */
  readonly units?: { readonly values: UnitNumbers; readonly against: UnitNumbers | null };
  /** How it is computed, as LaTeX, and who says so. */
  readonly formula?: string;
  readonly reference?: string;
}

/** A place on the page with the charts that can be chosen for it. */
export interface Place {
  readonly id: string;
  readonly charts: readonly ChartPlan[];
}

export interface Group {
  readonly id: string;
  readonly title: string;
  readonly places: readonly Place[];
}

/** What a probe is in the catalogue. */
export type Probe = Pick<
  Variant,
  'id' | 'label' | 'help' | 'formula' | 'source' | 'topic' | 'chart' | 'quantities' | 'arrays'
>;

/** What charts are planned for. */
export interface Subject {
  readonly layout: Layout;
  /** What can be measured besides the record. */
  readonly probes: readonly Probe[];
  readonly columns: readonly Column[];
  readonly palette: Palette;
  /** Hidden layers; one more is the output. */
  readonly hidden: number;
  readonly classifies: boolean;
  /** A layer's name, and its name where there is less room. */
  readonly name: (layer: number) => string;
}
