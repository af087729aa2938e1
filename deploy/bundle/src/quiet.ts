/** `url.parse()`, which libraries of ours call. */
const OF_LIBRARIES = 'DEP0169'

/**
 * Keeps to itself the one warning that is nobody's who reads it: Node does not give it to code under node_modules, and in
 * a bundle that code lies elsewhere.
 */
export function keepQuietOfLibraries() {
  const warn = process.emitWarning
  process.emitWarning = (...args: unknown[]) => {
    if (!args.includes(OF_LIBRARIES)) Reflect.apply(warn, process, args)
  }
}
