// A photo made small enough for a weak link, on the phone. Drawing it anew leaves out what the
// camera wrote beside the picture, the place above all.

const SIDE_MAX = 1600;
/** What a photo should come to: ten seconds on 2G. */
const BYTES_WANTED = 300 * 1024;
const QUALITIES = [0.8, 0.7, 0.6, 0.5, 0.4] as const;

/** A JPEG of an image, upright; null where the browser can't open it. */
export async function shrink(image: Blob): Promise<Blob | null> {
  const bitmap = await createImageBitmap(image, { imageOrientation: 'from-image' }).catch(() => null);
  if (!bitmap) return null;
  const canvas = draw(bitmap);
  bitmap.close();
  let best: Blob | null = null;
  for (const quality of QUALITIES) {
    best = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
    if (!best || best.size <= BYTES_WANTED) break;
  }
  return best;
}

function draw(bitmap: ImageBitmap): HTMLCanvasElement {
  const scale = Math.min(1, SIDE_MAX / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const paper = canvas.getContext('2d')!;
  paper.fillStyle = '#fff';
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
