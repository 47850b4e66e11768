export default {
  mode: 'production',
  // The paths of what is imported are seen from here.
  context: import.meta.dirname,
  entry: './shop/main.js',
  // As ES modules: webpack's own way to load a chunk, a <script> whose src is a text, is no way under Trusted Types.
  experiments: { outputModule: true },
  output: { module: true },
};
