// What the first view has in common with the programs that are loaded later. Each of
// them imports this file, so that the bundle has one shared part, chunk.js: a module
// that only some of them used would make a part of its own, which the build refuses.
import 'preact/hooks';
import './acts';
import './format';
import './i18n';
import './keys';
import './may';
import './me';
import './ready';
import './route';
import './said';
import './store';
import './theme';
import './wish';
