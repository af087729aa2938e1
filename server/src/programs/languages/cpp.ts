import { findGcc, type GccDialect, makefile } from '../gcc.ts'
import type { Language } from '../language.ts'
import { GCC_SWITCHES } from '../switches.ts'

/** C++, by g++, which compiles files of C beside it. */
export const cpp: Language = {
  name: 'cpp',
  title: 'C++',
  endings: ['.cpp', '.cc', '.cxx'],
  example: {
    basename: 'main.cpp',
    contents: `#include <iostream>

int main(int argc, char *argv[])
{
    std::cout << "Hello, " << (argc > 1 ? argv[1] : "world") << "!\\n";
}
`,
  },
  switches: { Compiler: [...GCC_SWITCHES, /^-std=(c|gnu)\+\+\d[\da-z]$/], Builder: GCC_SWITCHES },
  base: (request) => makefile(DIALECT, request),
  find: () => findGcc(DIALECT),
}

const DIALECT: GccDialect = { language: cpp, sources: ['.cpp', '.cc', '.cxx'], compiler: 'g++' }
