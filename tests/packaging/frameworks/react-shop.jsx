import { StrictMode, useEffect, useState } from 'react';
import { TillsealCard, useTillseal } from 'tillseal/react';

/** What happened, where a test can read it: the states that were rendered, and the checkouts that there were. */
const seen = { states: [], checkouts: [] };
globalThis.seen = seen;

function Pay({ jwks, session }) {
  const { ref, state, error, checkout } = useTillseal({ key: jwks, session });
  const [brand, setBrand] = useState('');
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    seen.states.push(error?.code ?? state);
    if (checkout) seen.checkouts.push(checkout);
  }, [state, error, checkout]);
  // Another function at each render, over the count of that render.
  const changed = ({ detail }) => {
    setChanges(changes + 1);
    if (detail.brand !== undefined) setBrand(detail.brand);
  };
  return (
    <form ref={ref} method="post" action="/pay">
      <TillsealCard className="card" brands={['visa', 'american-express']} onChange={changed} />
      <output data-state={state} data-brand={brand} data-changes={changes} />
      <button>Bezahlen</button>
    </form>
  );
}

export function Shop() {
  const [isOpen, setOpen] = useState(true);
  const [jwks, setJwks] = useState('/.well-known/tillseal.jwks');
  const [session, setSession] = useState();
  const bind = async () => setSession(await (await fetch('/session')).text());
  return (
    <StrictMode>
      {isOpen && <Pay jwks={jwks} session={session} />}
      <button id="toggle" onClick={() => setOpen(!isOpen)}>{isOpen ? 'Schließen' : 'Öffnen'}</button>
      <button id="other" onClick={() => setJwks('/other.jwks')}>Anderer Schlüssel</button>
      <button id="session" onClick={bind}>Sitzung</button>
    </StrictMode>
  );
}
