import type { ComponentProps } from 'preact'
import { ConfirmDialog as Confirm } from '../../design/confirm-dialog.tsx'
import { deviceFault } from './fault.ts'

/** Asks before something is done to a device. */
export function ConfirmDialog(props: Omit<ComponentProps<typeof Confirm>, 'inWords'>) {
  return <Confirm {...props} inWords={deviceFault} />
}
