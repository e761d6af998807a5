/** Light or dark. public/early.js has decided before the first paint; here a person changes it. */

import { forgetInAddress, remember } from './remember';

export type ThemeName = 'light' | 'dark';

class Theme {
  name = $state<ThemeName>(document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light');

  toggle(): void {
    this.name = this.name === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = this.name;
    remember('theme', this.name);
    forgetInAddress('theme');
  }
}

export const theme = new Theme();
