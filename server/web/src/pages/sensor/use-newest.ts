import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useConsole } from '../../console.ts'
import { listOf } from './numbers.ts'

/** The numbers of the newest reading that the stream told of; null before the first. */
export function useNewest(device: string, sensor: string): ReadonlySignal<number[] | null> {
  const { live } = useConsole()
  const newest = useSignal<number[] | null>(null)
  useEffect(
    () =>
      live.listen(({ kind, data }) => {
        if (kind !== 'reading' || data.device !== device || data.sensor !== sensor) return
        newest.value = listOf(data.value)
      }),
    [device, sensor],
  )
  return newest
}
