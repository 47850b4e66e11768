// The element as it is: React needs nothing of ours.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'tillseal';

createRoot(document.querySelector('main')).render(
  <StrictMode>
    <form method="post" action="/pay" data-tillseal="/.well-known/tillseal.jwks">
      <tillseal-card holder=""></tillseal-card>
      <button>Bezahlen</button>
    </form>
  </StrictMode>,
);
