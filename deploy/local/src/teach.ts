import type { Api, Job } from './api.ts'

export interface LabelledPicture {
  state: string
  jpeg: Uint8Array
  /** Milliseconds UTC; null: now. */
  capturedAtMs: number | null
}

export interface Lesson {
  /** `device/camera` */
  camera: string
  states: string[]
  pictures: AsyncIterable<LabelledPicture>
  /** How many pictures there are, for the progress. */
  count: number
  /** @param fraction 0..1 of the whole lesson */
  onProgress(phase: string, fraction: number): void
}

/** Sending and labelling take about as long as training. */
const SENDING = 0.4

/** Teaches a camera over the public interface: sends pictures, labels them, trains. @returns the training job */
export async function teach(api: Api, { camera, states, pictures, count, onProgress }: Lesson): Promise<Job> {
  await api.send('PATCH', `/api/cameras/${camera}`, { states })
  let sent = 0
  for await (const { state, jpeg, capturedAtMs } of pictures) {
    const query = capturedAtMs === null ? '' : `?capturedAt=${capturedAtMs}`
    const { frame } = await api.sendJpeg<{ frame: string }>(`/api/cameras/${camera}/frames${query}`, jpeg)
    await api.send('PUT', `/api/frames/${frame}/label`, { state })
    sent += 1
    onProgress('label', (SENDING * sent) / count)
  }
  const job = await api.send<Job>('POST', '/api/training', { camera })
  return api.finished(job.id, ({ phase, progress }) => onProgress(phase ?? 'train', SENDING + (1 - SENDING) * progress))
}
