import { useMemo } from 'preact/hooks'
import type { ModelBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import type { Owner } from '../../models/owner.ts'
import { sendsZip } from '../../upload/send-file.ts'
import { Uploading } from '../../upload/uploading.ts'
import { ZipField } from '../../upload/zip-field.tsx'
import { uploadFault } from './upload-fault.ts'

interface UploadFormProps {
  camera: Owner
  onUploaded(): void
}

/** As the server has it. Bytes. */
const MOST = 32 * 1024 * 1024

/** Takes in a model that was downloaded here or elsewhere; it becomes the next version, and is not active. */
export function UploadForm({ camera, onUploaded }: UploadFormProps) {
  const { notices } = useConsole()
  const uploading = useMemo(
    () =>
      new Uploading<ModelBody>({
        most: MOST,
        send: (...file) =>
          sendsZip<ModelBody>(`${camera.api}/models`)(...file).catch((error) => {
            throw uploadFault(error, camera.id)
          }),
        onTaken: ({ id }) => {
          notices.done(`${id} is here. It is not active: activate it when you have looked at it.`)
          onUploaded()
        },
      }),
    [camera.id],
  )
  return (
    <section class="card part" aria-labelledby="upload">
      <h2 id="upload">Upload a model</h2>
      <ZipField
        uploading={uploading}
        label="Zip of a model"
        hint="As it was downloaded, here or from another ajar. Drop it here, or choose it."
      />
    </section>
  )
}
