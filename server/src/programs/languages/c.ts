import { findGcc, type GccDialect, makefile } from '../gcc.ts'
import type { Language } from '../language.ts'
import { GCC_SWITCHES } from '../switches.ts'

/** C, by gcc. */
export const c: Language = {
  name: 'c',
  title: 'C',
  endings: ['.c'],
  example: {
    basename: 'main.c',
    contents: `#include <stdio.h>

int main(int argc, char *argv[])
{
    printf("Hello, %s!\\n", argc > 1 ? argv[1] : "world");
    return 0;
}
`,
  },
  switches: { Compiler: [...GCC_SWITCHES, /^-std=(c|gnu|iso9899:)\d[\da-z]{1,5}$/], Builder: GCC_SWITCHES },
  base: (request) => makefile(DIALECT, request),
  find: () => findGcc(DIALECT),
}

const DIALECT: GccDialect = { language: c, sources: ['.c'], compiler: 'gcc' }
