import 'tillseal/inline';
