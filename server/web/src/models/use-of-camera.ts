import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useConsole } from '../console.ts'
import { nameNow } from '../live/renamed.ts'

export interface Loaded<T> {
  body: ReadonlySignal<T | null>
  fault: ReadonlySignal<unknown>
  load(): Promise<void>
}

/**
 * What a page shows of a camera's models, asked for anew when the camera is changed: an activation is one.
 * @param camera `device/camera`
 * @param ask for all of it
 * @param pathOf the same page of the camera's new name
 */
export function useOfCamera<T>(camera: string, ask: () => Promise<T>, pathOf: (camera: string) => string): Loaded<T> {
  const { live, notices, router } = useConsole()
  const body = useSignal<T | null>(null)
  const fault = useSignal<unknown>(null)
  const load = async () => {
    try {
      body.value = await ask()
      fault.value = null
    } catch (error) {
      const now = await nameNow(camera, error).catch(() => null)
      if (now !== null) return router.go(pathOf(now), { instead: true })
      // What is shown stays.
      if (body.peek() !== null) notices.failed(error)
      else fault.value = error
    }
  }
  useEffect(() => {
    void load()
    return live.listen(({ kind, data }) => {
      if (kind !== 'camera' || data.camera !== camera) return
      if (data.change === 'deleted') router.go('/', { instead: true })
      else if (data.change === 'renamed' && data.to) router.go(pathOf(data.to), { instead: true })
      else void load()
    })
  }, [camera])
  return { body, fault, load }
}
