import 'tillseal';
