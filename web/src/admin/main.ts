import { mount } from 'svelte';
import { startWorker } from '../kit/worker.ts';
import App from './App.svelte';

mount(App, { target: document.getElementById('app')! });
startWorker();
