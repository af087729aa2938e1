import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ApiError, get } from '../../../api/client.ts'
import type { DataSessionBody, OperationBody } from '../../../api/laboratory-bodies.ts'
import { useConsole } from '../../../console.ts'
import { isDone, newestFirst } from './operations.ts'

/** A job says how it gets on by the event stream; where that is away, operations are asked for so often. */
const POLL_MS = 2_000
/** Addresses of files end after an hour: a page that stands long gets new ones. */
const RENEW_MS = 40 * 60_000

export interface LoadedSession {
  /** Null until it is loaded. */
  session: ReadonlySignal<DataSessionBody | null>
  /** Its operations, the newest first. */
  operations: ReadonlySignal<OperationBody[]>
  fault: ReadonlySignal<unknown>
  load(): Promise<void>
  /** One that was begun here, or is changed. */
  put(operation: OperationBody): void
  drop(id: number): void
}

/** A data session, and its operations as they get on. */
export function useSession(id: number): LoadedSession {
  const { live } = useConsole()
  const session = useSignal<DataSessionBody | null>(null)
  const operations = useSignal<OperationBody[]>([])
  const fault = useSignal<unknown>(null)
  const load = async () => {
    try {
      const body = await get<DataSessionBody>(`/api/datasessions/${id}/`)
      session.value = body
      operations.value = newestFirst(body.operations)
      fault.value = null
    } catch (error) {
      fault.value = error
    }
  }
  const put = (operation: OperationBody) => {
    const others = operations.peek().filter((one) => one.id !== operation.id)
    operations.value = newestFirst([...others, operation])
  }
  const drop = (gone: number) => {
    operations.value = operations.peek().filter((one) => one.id !== gone)
  }
  useEffect(() => {
    void load()
    const renewing = setInterval(() => void load(), RENEW_MS)
    return () => clearInterval(renewing)
  }, [id, live.liveness.value])

  useEffect(() => {
    let isLeft = false
    let isAsking = false
    const ask = async () => {
      if (isAsking || document.visibilityState !== 'visible') return
      isAsking = true
      for (const { id: operation } of operations.peek().filter((one) => !isDone(one))) {
        try {
          const body = await get<OperationBody>(`/api/datasessions/${id}/operations/${operation}/`)
          if (!isLeft && operations.peek().some((one) => one.id === operation)) put(body)
        } catch (error) {
          if (error instanceof ApiError && error.status === 404) drop(operation) // it was deleted elsewhere
        }
      }
      isAsking = false
    }
    const polling = setInterval(() => void ask(), POLL_MS)
    const end = live.listen((event) => event.kind === 'job' && event.data.kind === 'operation' && void ask())
    return () => {
      isLeft = true
      clearInterval(polling)
      end()
    }
  }, [id])
  return { session, operations, fault, load, put, drop }
}
