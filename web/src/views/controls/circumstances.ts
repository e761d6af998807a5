/** What all choices of the page have to fit, handed down to every menu. */

import { createContext } from 'svelte';
import type { Circumstances } from '../../state/fitness';

const [read, provide] = createContext<() => Circumstances>();

/** Call while the component that holds the menus is made; `present` may read reactive state. */
export const provideCircumstances = provide;

/** What choices have to fit: read it where it is used, for it changes. */
export const circumstances = read;
