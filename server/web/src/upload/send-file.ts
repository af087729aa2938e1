import { ApiError, answeredError } from '../api/client.ts'
import type { SendFile } from './uploading.ts'

const BROKEN_OFF =
  'The server broke off the upload: it may not answer, or the file is larger than it takes. Try again, or send less.'

export function sendsZip<T>(path: string): SendFile<T> {
  return sendsFile(path, 'application/zip')
}

/** Sends a file as the body of a call, by XMLHttpRequest: `fetch` does not tell how much of it is sent. */
export function sendsFile<T>(path: string, type: string): SendFile<T> {
  return (file, onSent, signal) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest()
      request.open('POST', path)
      request.setRequestHeader('content-type', type)
      request.upload.onprogress = ({ loaded, total }) => onSent(total > 0 ? loaded / total : 0)
      request.onload = () => {
        const body = parsed(request.responseText)
        if (request.status >= 200 && request.status < 300) resolve(body as T)
        else reject(answeredError(request.status, body))
      }
      request.onerror = () => reject(new ApiError(0, 'unreachable', BROKEN_OFF))
      request.onabort = () => reject(new ApiError(0, 'cancelled', 'The upload was cancelled.'))
      signal.addEventListener('abort', () => request.abort(), { once: true })
      request.send(file)
    })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
