import { t } from '../i18n';

/** grade is what an energy is worth, in words. */
export function grade(letter: string): string {
  return t('own.grade.' + letter);
}
