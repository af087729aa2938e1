import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useConsole } from '../console.ts'
import { nameNow } from '../live/renamed.ts'

export interface Loaded<T> {
  body: ReadonlySignal<T | null>
  fault: ReadonlySignal<unknown>
  load(): Promise<void>
}

interface OfCamera<T> {
  /** Whether what is shown is of this camera. */
  isOf(body: T, camera: string): boolean
  /** Where the page stands when the camera has another name. */
  pathOf(camera: string): string
  /** The name by which it is asked for, where it may be an old one. */
  camera?: string
}

/**
 * What a page shows of a camera's models, asked for anew when the camera is changed: an activation is one.
 * @param ask for all of it
 */
export function useOfCamera<T>(ask: () => Promise<T>, { isOf, pathOf, camera }: OfCamera<T>): Loaded<T> {
  const { live, notices, router } = useConsole()
  const body = useSignal<T | null>(null)
  const fault = useSignal<unknown>(null)
  const load = async () => {
    try {
      body.value = await ask()
      fault.value = null
    } catch (error) {
      const now = camera === undefined ? null : await nameNow(camera, error).catch(() => null)
      if (now !== null) return router.go(pathOf(now), { instead: true })
      // What is shown stays.
      if (body.peek() !== null) notices.failed(error)
      else fault.value = error
    }
  }
  useEffect(() => {
    void load()
    return live.listen(({ kind, data }) => {
      const shown = body.peek()
      if (kind !== 'camera' || shown === null || !isOf(shown, data.camera)) return
      if (data.change === 'deleted') return router.go('/', { instead: true })
      if (data.change === 'renamed' && data.to) router.go(pathOf(data.to), { instead: true })
      void load()
    })
  }, [])
  return { body, fault, load }
}
