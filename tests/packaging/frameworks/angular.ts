import '@angular/compiler';
import { Component, CUSTOM_ELEMENTS_SCHEMA, provideZonelessChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import 'tillseal';

@Component({
  selector: 'main',
  schemas: [CUSTOM_ELEMENTS_SCHEMA],
  template: `
    <form method="post" action="/pay" data-tillseal="/.well-known/tillseal.jwks">
      <tillseal-card holder></tillseal-card>
      <button>Bezahlen</button>
    </form>`,
})
class Pay {}

bootstrapApplication(Pay, { providers: [provideZonelessChangeDetection()] });
