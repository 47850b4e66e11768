import { createRoot, hydrateRoot } from 'react-dom/client';
import { Shop } from './react-shop.jsx';

const main = document.querySelector('main');
if (main.hasChildNodes()) hydrateRoot(main, <Shop />);
else createRoot(main).render(<Shop />);
