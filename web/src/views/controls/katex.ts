/** KaTeX with its style sheet, in a bundle of its own that is loaded with the first formula. */
import 'katex/dist/katex.min.css';

export { default as katex } from 'katex';
