// Runs in Node.js, where there is no window.
import { renderToString } from 'react-dom/server';
import { Shop } from './react-shop.jsx';

process.stdout.write(renderToString(<Shop />));
