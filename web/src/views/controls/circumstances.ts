/** What all choices of the page have to fit, handed down to every menu, and how to change it. */

import { createContext } from 'svelte';
import type { Circumstances, Remedy } from '../../state/fitness';

interface Present {
  /** What choices have to fit: call it where it is used, for it changes. */
  present: () => Circumstances;
  /** Changes the configuration so that something else can be chosen. */
  mend: (change: Remedy['change']) => void;
}

const [read, provide] = createContext<Present>();

/** Call while the component that holds the menus is made; `present` may read reactive state. */
export const provideCircumstances = provide;

export const circumstances = read;
