//! Thumbnails: small JPEGs that reach a phone on 2G at once.

use std::io::Cursor;
use std::sync::Mutex;

use domain::limits::{IMAGE_PIXELS_MAX, THUMBNAIL_BYTES_MAX, THUMBNAIL_PIXELS_MAX};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, RgbImage};
use zune_png::zune_core::bytestream::ZCursor;
use zune_png::zune_core::colorspace::ColorSpace;
use zune_png::zune_core::options::DecoderOptions;

use super::media::Media;
use crate::node::locked;

/// The image can't be opened, or has too many pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// One image is decoded at a time: each may take a hundred megabytes.
static DECODING: Mutex<()> = Mutex::new(());
/// Longer sides that are tried until the bytes fit.
const SIDES: [u32; 3] = [THUMBNAIL_PIXELS_MAX, 240, 160];
/// Qualities of JPEG that are tried for each.
const QUALITIES: [u8; 3] = [72, 56, 40];

/// A JPEG of an image, of at most [`THUMBNAIL_BYTES_MAX`] and [`THUMBNAIL_PIXELS_MAX`].
pub(crate) fn thumbnail(bytes: &[u8], media: Media) -> Result<Vec<u8>, Unreadable> {
    let image = {
        let _one = locked(&DECODING);
        let image = match media {
            Media::Jpeg => decode(bytes, ImageFormat::Jpeg)?,
            Media::Webp => decode(bytes, ImageFormat::WebP)?,
            Media::Png => decode_png(bytes)?,
            Media::Pdf | Media::Csv | Media::Xlsx => return Err(Unreadable),
        };
        shrunk(&image, THUMBNAIL_PIXELS_MAX)
    };
    let tries = SIDES.iter().flat_map(|side| QUALITIES.iter().map(move |quality| (side, quality)));
    for (side, quality) in tries {
        let jpeg = encode(&on_white(&shrunk(&image, *side)), *quality)?;
        if jpeg.len() <= THUMBNAIL_BYTES_MAX {
            return Ok(jpeg);
        }
    }
    Err(Unreadable)
}

fn shrunk(image: &DynamicImage, side: u32) -> DynamicImage {
    let larger = image.width().max(image.height()) > side;
    if larger { image.thumbnail(side, side) } else { image.clone() }
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, Unreadable> {
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder = reader.into_decoder().map_err(|_| Unreadable)?;
    let (width, height) = decoder.dimensions();
    check(u64::from(width), u64::from(height))?;
    let turned = decoder.orientation().map_err(|_| Unreadable)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| Unreadable)?;
    image.apply_orientation(turned);
    Ok(image)
}

fn decode_png(bytes: &[u8]) -> Result<DynamicImage, Unreadable> {
    let options = DecoderOptions::default().png_set_strip_to_8bit(true);
    let mut decoder = zune_png::PngDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| Unreadable)?;
    let (width, height) = decoder.dimensions().ok_or(Unreadable)?;
    check(width as u64, height as u64)?;
    let pixels = decoder.decode_raw().map_err(|_| Unreadable)?;
    let colours = decoder.colorspace().ok_or(Unreadable)?;
    let (w, h) = (
        u32::try_from(width).map_err(|_| Unreadable)?,
        u32::try_from(height).map_err(|_| Unreadable)?,
    );
    let image = if colours == ColorSpace::Luma {
        image::GrayImage::from_raw(w, h, pixels).map(DynamicImage::from)
    } else if colours == ColorSpace::LumaA {
        image::GrayAlphaImage::from_raw(w, h, pixels).map(DynamicImage::from)
    } else if colours == ColorSpace::RGB {
        image::RgbImage::from_raw(w, h, pixels).map(DynamicImage::from)
    } else if colours == ColorSpace::RGBA {
        image::RgbaImage::from_raw(w, h, pixels).map(DynamicImage::from)
    } else {
        None
    };
    image.ok_or(Unreadable)
}

fn check(width: u64, height: u64) -> Result<(), Unreadable> {
    let pixels = width.checked_mul(height).filter(|pixels| *pixels <= IMAGE_PIXELS_MAX);
    pixels.map(drop).ok_or(Unreadable)
}

/// JPEG has no transparency: what shows through is paper.
fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let rgba = image.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, alpha] = rgba.get_pixel(x, y).0;
        let over = |colour: u8| {
            let (colour, alpha) = (u32::from(colour), u32::from(alpha));
            u8::try_from((colour * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        image::Rgb([over(r), over(g), over(b)])
    })
}

fn encode(image: &RgbImage, quality: u8) -> Result<Vec<u8>, Unreadable> {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
    encoder.encode_image(image).map_err(|_| Unreadable)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(side: u32) -> RgbImage {
        RgbImage::from_fn(side, side, |x, y| {
            let n = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 7;
            let [low, high, ..] = n.to_le_bytes();
            image::Rgb([low, high, (x + y).to_le_bytes()[0]])
        })
    }

    fn opened(jpeg: &[u8]) -> DynamicImage {
        image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap()
    }

    #[test]
    fn even_noise_fits() {
        let photo = encode(&noisy(1_600), 90).unwrap();
        assert!(photo.len() > 400_000, "{}", photo.len());
        let small = thumbnail(&photo, Media::Jpeg).unwrap();
        assert!(small.len() <= THUMBNAIL_BYTES_MAX, "{}", small.len());
        assert!(opened(&small).width() <= THUMBNAIL_PIXELS_MAX);
    }

    #[test]
    fn a_wide_photo_keeps_its_shape_and_a_small_one_its_size() {
        let wide = RgbImage::from_pixel(1_600, 400, image::Rgb([200, 80, 40]));
        let small = opened(&thumbnail(&encode(&wide, 80).unwrap(), Media::Jpeg).unwrap());
        assert_eq!((small.width(), small.height()), (320, 80));
        let icon = RgbImage::from_pixel(40, 20, image::Rgb([1, 2, 3]));
        let small = opened(&thumbnail(&encode(&icon, 80).unwrap(), Media::Jpeg).unwrap());
        assert_eq!((small.width(), small.height()), (40, 20));
    }

    /// A PNG of one colour, written by hand: stored blocks, so that no library is needed.
    fn png(width: u32, height: u32, rgba: [u8; 4], claimed: (u32, u32)) -> Vec<u8> {
        let crc = |bytes: &[u8]| {
            !bytes.iter().fold(u32::MAX, |crc, byte| {
                (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                    if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
                })
            })
        };
        let chunk = |kind: &[u8; 4], body: &[u8]| {
            let inner = [&kind[..], body].concat();
            let length = u32::try_from(body.len()).unwrap();
            [&length.to_be_bytes()[..], &inner, &crc(&inner).to_be_bytes()].concat()
        };
        let row = [&[0][..], &rgba.repeat(width as usize)].concat();
        let raw = row.repeat(height as usize);
        let (a, b) = raw.iter().fold((1u32, 0u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        let len = u16::try_from(raw.len()).unwrap();
        let zlib = [
            &[0x78, 1, 1][..],
            &len.to_le_bytes(),
            &(!len).to_le_bytes(),
            &raw,
            &((b << 16) | a).to_be_bytes(),
        ]
        .concat();
        let (w, h) = (claimed.0.to_be_bytes(), claimed.1.to_be_bytes());
        let head = [&w[..], &h, &[8, 6, 0, 0, 0]].concat();
        let start = b"\x89PNG\r\n\x1a\n".to_vec();
        [start, chunk(b"IHDR", &head), chunk(b"IDAT", &zlib), chunk(b"IEND", b"")].concat()
    }

    #[test]
    fn a_png_shows_on_white() {
        let clear = thumbnail(&png(60, 40, [255, 0, 0, 0], (60, 40)), Media::Png).unwrap();
        let small = opened(&clear).to_rgb8();
        assert_eq!((small.width(), small.height()), (60, 40));
        assert!(small.get_pixel(30, 20).0.iter().all(|colour| *colour > 250));
        let red = thumbnail(&png(60, 40, [255, 0, 0, 255], (60, 40)), Media::Png).unwrap();
        let [r, g, _] = opened(&red).to_rgb8().get_pixel(30, 20).0;
        assert!(r > 240 && g < 20);
    }

    #[test]
    fn what_is_damaged_or_huge_is_not_decoded() {
        let photo = encode(&noisy(64), 80).unwrap();
        assert_eq!(thumbnail(&photo[..photo.len() / 8], Media::Jpeg), Err(Unreadable));
        assert_eq!(thumbnail(b"\xff\xd8\xff", Media::Jpeg), Err(Unreadable));
        let bomb = png(8, 8, [0; 4], (60_000, 60_000));
        assert_eq!(thumbnail(&bomb, Media::Png), Err(Unreadable));
        // A JPEG whose header says 65,500 × 65,500.
        let mut bomb = photo;
        let at = bomb.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bomb[at + 5..at + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
        assert_eq!(thumbnail(&bomb, Media::Jpeg), Err(Unreadable));
    }
}
