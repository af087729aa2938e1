import { send } from '../../../api/client.ts'
import type { OutputFile } from '../../../api/laboratory-bodies.ts'
import { useAction } from '../../../api/use-action.ts'
import type { PictureName } from '../../../router/route.ts'
import { frameOf } from '../entries.ts'
import { downloadsOf, pathOf } from '../session/operations.ts'

interface PictureDownloadsProps {
  picture: PictureName
  /** Where an operation made it. */
  file: OutputFile | undefined
}

/** The forms of a picture, to be kept; a TIFF is made when it is asked for. */
export function PictureDownloads({ picture, file }: PictureDownloadsProps) {
  const action = useAction()
  const frame = frameOf(picture)
  const forms = file ? downloadsOf(file) : frame ? [{ name: 'JPEG', path: `/api/frames/${frame.id}/image` }] : []
  const { source, basename } = picture
  const makeTiff = () =>
    action.run(async () => {
      const { tif_url } = await send<{ tif_url: string }>('POST', '/api/analysis/get-tif', { source, basename })
      const link = document.createElement('a')
      link.href = pathOf(tif_url) ?? ''
      link.download = ''
      link.click()
      return undefined
    })
  return (
    <p class="downloads-of-file">
      Download{' '}
      {forms.map(({ name, path }) => (
        <a key={name} href={path} download aria-label={`${basename} as ${name}`}>
          {name}
        </a>
      ))}
      {!forms.some(({ name }) => name === 'TIFF') && (
        <button
          class="link"
          type="button"
          disabled={action.busy.value}
          aria-label={`${basename} as TIFF`}
          onClick={() => void makeTiff()}
        >
          TIFF
        </button>
      )}
    </p>
  )
}
