// A web component of the shop's: what stands in the page's <template> goes into its shadow root.
import 'tillseal';

customElements.define('shop-part', class extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).append(document.querySelector('template').content.cloneNode(true));
  }
});
