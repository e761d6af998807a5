import { mount } from 'svelte';
import App from './views/App.svelte';

const target = document.getElementById('app')!;
target.replaceChildren();
mount(App, { target });
