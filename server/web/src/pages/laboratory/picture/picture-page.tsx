import type { DataSessionBody } from '../../../api/laboratory-bodies.ts'
import { type PictureName, sessionPath } from '../../../router/route.ts'
import { useAnswer } from '../../../use-answer.ts'
import { entryInWords, frameOf } from '../entries.ts'
import { outputsOf, pathOf } from '../session/operations.ts'
import { PictureDownloads } from './picture-downloads.tsx'
import { Study } from './study.tsx'

interface PicturePageProps {
  session: number
  picture: PictureName
}

/** One picture of a data session, looked into. */
export function PicturePage({ session, picture }: PicturePageProps) {
  const { body, fault } = useAnswer<DataSessionBody>(`/api/datasessions/${session}/`)
  const file = body.value?.operations
    .flatMap(outputsOf)
    .find(({ source, basename }) => source === picture.source && basename === picture.basename)
  const frame = frameOf(picture)
  const isKnown = frame !== null || body.value !== null || fault.value !== null
  const plain = frame ? `/api/frames/${frame.id}/image` : pathOf(file?.large_url)
  return (
    <div class="laboratory page">
      <header class="page-head">
        <div>
          <a class="back" href={sessionPath(session)}>
            {body.value?.name ?? 'The data session'}
          </a>
          <h1 class="picture-name">{entryInWords(picture)}</h1>
        </div>
        <PictureDownloads picture={picture} file={file} />
      </header>
      <Study picture={picture} plain={isKnown ? plain : undefined} />
    </div>
  )
}
