import type { Environment } from '../environment.ts'
import type { Host } from '../host.ts'

/** Who may start the processes of ajar: the first that is here. A folder each, loaded where it is needed. */
const HOSTS = [
  { name: 'systemd', isHere: (environment: Environment) => environment.AJAR_REDEPLOY_HOST === 'systemd' },
  { name: 'watchdog', isHere: () => process.send !== undefined },
]

/** @throws Error where nobody is */
export async function openHost(environment: Environment): Promise<Host> {
  const here = HOSTS.find(({ isHere }) => isHere(environment))
  if (!here) throw new Error('run by the unit ajar-redeploy.service, or as a child of the watchdog of `npm start`')
  const host: { openHost(environment: Environment): Host } = await import(`./${here.name}/${here.name}.ts`)
  return host.openHost(environment)
}
