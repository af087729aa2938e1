import type { Caller } from '../../http/access.ts'
import type { RunOwner, RunReader } from '../runs/run.ts'

/**
 * Who has a program run, or asks for one: an account, or an address where no token is needed.
 * @param address of whoever calls
 */
export function whoIs(caller: Caller | null, address: string): RunOwner & RunReader {
  if (!caller) return { account: `address:${address}`, name: 'nobody', isAdmin: false }
  return { account: caller.account, name: caller.name, isAdmin: caller.role === 'admin' }
}
