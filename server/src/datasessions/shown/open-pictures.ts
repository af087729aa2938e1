import type { Archive } from '../../database/frames/archive.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Sources } from '../../devices/sources.ts'
import { Analysis } from '../analysis/analysis.ts'
import type { Room } from '../execution/room.ts'
import type { Files } from '../files/files.ts'
import type { SignedUrls } from '../files/signed-urls.ts'
import type { AllSources } from '../sources/all-sources.ts'
import type { FitsFolder } from '../sources/fits-folder.ts'
import { ArchiveList } from './archive-list.ts'
import { Pictures } from './pictures.ts'
import type { Renderings } from './renderings.ts'

export interface PictureParts {
  database: StateDatabase
  archive: Archive
  cameras: Pick<Sources, 'list'>
  files: Files
  urls: SignedUrls
  sources: AllSources
  fits: FitsFolder | null
  room: Pick<Room, 'left' | 'makeRoom'>
  renderings: Renderings
}

/** Pictures as they are looked at: listed, shown, looked into. */
export function openPictures({
  database,
  archive,
  cameras,
  files,
  urls,
  sources,
  fits,
  room,
  renderings,
}: PictureParts) {
  const analysis = new Analysis()
  return {
    ...{ analysis, urls, fits },
    list: new ArchiveList({ database, cameras, fits }),
    pictures: new Pictures({ sources, archive, files, urls, analysis, renderings, room }),
    /** Nothing is shown any more of what was purged. */
    forget: () => renderings.clear(),
    start: () => renderings.start(),
    close: () => analysis.close(),
  }
}

export type OpenPictures = ReturnType<typeof openPictures>
