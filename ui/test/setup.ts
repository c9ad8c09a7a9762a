import { speak } from '../src/sentences';

speak('en', 'en-GB');
