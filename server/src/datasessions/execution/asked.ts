import { randomUUID } from 'node:crypto'
import type { Available } from '../available.ts'
import { wrongNumber } from '../check-inputs.ts'
import type { Entry } from '../entries.ts'
import { FieldErrors } from '../field-errors.ts'
import type { CameraThen, InputFile, Operation } from '../operation.ts'
import type { Resolved, Sources } from '../sources/sources.ts'
import { resultKey } from './result-key.ts'

export interface AskedPorts {
  operations: Pick<Available, 'find'>
  sources: Pick<Sources, 'resolve'>
  /** Of what is asked for: the older client's key. */
  cacheKey(name: string, inputData: Record<string, unknown>): string
  /** How a camera is set now. @param id `device/camera` */
  cameraNow(id: string): CameraThen | null
}

/** What is asked for, with its pictures as they are now. */
export interface AskedFor {
  operation: Operation
  /** Besides pictures; what was left out has its default, or is absent. */
  values: Record<string, string | number>
  files: Record<string, InputFile[]>
  /** Of the frames among them. */
  cameras: Record<string, CameraThen>
  /** Of the result. */
  key: string
}

/**
 * Finds out what an operation is to do, with the rights of an account.
 * @param inputData checked by what the operation declares
 * @throws FieldErrors where the operation, or pictures, are not there, or not the account's
 */
export async function askedFor(
  { operations, sources, cacheKey, cameraNow }: AskedPorts,
  account: string,
  name: string,
  inputData: Record<string, unknown>,
): Promise<AskedFor> {
  const operation = await operations.find(name)
  if (!operation) throw new FieldErrors({ name: [gone(name)] })
  const values: Record<string, string | number> = {}
  const resolved: Record<string, Resolved> = {}
  for (const [field, declared] of Object.entries(operation.inputs)) {
    const given = inputData[field] ?? ('default' in declared ? declared.default : undefined)
    if (declared.type === 'fits' || declared.type === 'image') {
      const found = await sources.resolve(account, field, (given ?? []) as Entry[])
      // A query counted as one entry before, and may stand for as many frames as anything does: but not where one is taken.
      const bounds = { minimum: declared.minimum, maximum: declared.maximum === 1 ? 1 : Number.POSITIVE_INFINITY }
      const { files } = found
      const wrong =
        files.length === 0 && given === undefined
          ? null
          : (wrongNumber(bounds, files.length) ?? operation.wrongPictures?.(field, files))
      if (wrong) throw new FieldErrors({ [field]: [wrong] })
      resolved[field] = found
    } else if (given !== undefined && given !== null) values[field] = given as string | number
  }
  const files = Object.fromEntries(Object.entries(resolved).map(([field, found]) => [field, found.files]))
  const cameras = camerasOf(Object.values(files).flat(), cameraNow)
  const { version = 1, dependsOn = [], isFresh = false } = operation
  const circumstances = {
    ...(dependsOn.includes('cameras') ? { cameras } : {}),
    ...(isFresh ? { once: randomUUID() } : {}),
    ...(dependsOn.includes('recorded') ? { recorded: Object.values(files).map((all) => all.map(recordedOf)) } : {}),
  }
  const key = resultKey({ cacheKey: cacheKey(name, inputData), version, resolved, account, circumstances })
  return { operation, values, files, cameras, key }
}

/** It was there when it was asked for. */
function gone(name: string): string {
  return `There is no operation ${name} any more: the task of this name was removed, or another release of ajar had it. Put it back and ask again, or ask for another one.`
}

const recordedOf = ({ recorded }: InputFile) => recorded

function camerasOf(files: InputFile[], cameraNow: AskedPorts['cameraNow']): Record<string, CameraThen> {
  const ids = [...new Set(files.flatMap(({ at }) => ('frame' in at ? [at.frame.camera] : [])))].sort()
  return Object.fromEntries(
    ids.flatMap((id) => {
      const camera = cameraNow(id)
      return camera ? [[id, camera]] : []
    }),
  )
}
