//! Exports: what they hold, who may take them, and that they can be imported again.

use std::str::FromStr;

use expect_test::expect;
use node::export::{Export, ExportFormat};
use node::import::ImportFile;

use crate::fixture::{BATAM, KEPRI, Setup, told};
use crate::imports::{mapping, national};

const TABLE: &str = "\
id,date_start,date_end,type_of_violence,conflict,dyad,adm_1,adm_2,where_prec,date_prec,lat,lon,kode_kab,join_quality,deaths_civ,best,low,high
1,2001-02-03,2001-02-04,2,Contoh,=1+1,Kepulauan Riau,Batam,1,1,1.1,104.05,21.71,inside,0,2,1,3
2,2001-03-01,2001-03-01,3,Contoh,A - B,Maluku,Ambon,2,3,-3.7,128.2,81.71,inside,1,1,1,1
";

async fn filled() -> Setup {
    let setup = national().await;
    let file = setup.dir.path().join("masuk.csv");
    std::fs::write(&file, TABLE).unwrap();
    let mapping = mapping("conflict_events.toml");
    let order = ImportFile {
        file: &file,
        mapping: Some(&mapping),
        type_key: None,
        dry_run: false,
        rejects: &setup.dir.path().join("ditolak.csv"),
    };
    let pusat = setup.actor("pusat");
    let counts = setup.node.import(&pusat, order, &|p| p.code.clone(), &mut |_| {}).await.unwrap();
    assert_eq!(counts.imported, 2);
    setup
}

fn order(format: ExportFormat) -> Export {
    Export { type_key: "kejadian.kejadian".to_owned(), office: None, from: None, to: None, format }
}

#[tokio::test]
async fn a_csv_names_who_took_it_and_runs_no_formula() {
    let setup = filled().await;
    let pusat = setup.actor("pusat");
    let done = setup.node.export(&pusat, &order(ExportFormat::Csv)).unwrap();
    let text = String::from_utf8(done.bytes).unwrap();
    expect![[r#"
        rekaman,kantor,kantor_nama,keadaan,judul,kategori,jenis,jenis_keterangan,athg,athg_keterangan,urgensi,urgensi_keterangan,fakta,kronologi,tanggal,jam,jam_keterangan,tanggal_selesai,ketelitian_tanggal,kecamatan,desa,tempat,lokasi_lat,lokasi_lon,ketelitian_tempat,meninggal,meninggal_keterangan,meninggal_terendah,meninggal_tertinggi,meninggal_sipil,meninggal_sipil_keterangan,luka,luka_keterangan,hilang,hilang_keterangan,mengungsi,mengungsi_keterangan,rumah_rusak_berat,rumah_rusak_berat_keterangan,rumah_rusak_sedang,rumah_rusak_sedang_keterangan,rumah_rusak_ringan,rumah_rusak_ringan_keterangan,rumah_rusak,fasilitas_rusak,fasilitas_rusak_keterangan,kerugian,kerugian_keterangan,tindakan,rekomendasi,foto,sumber,sumber_rincian,id_luar,catatan,diekspor_oleh,diekspor_pada
        d0081d25d9a35714e34ea1aebd0e5a87,81.71,Kota Ambon,dilaporkan,A - B (2001-03-01),hankam,kekerasan_terhadap_sipil,,,missing: tidak dinyatakan di sumber,,missing: tidak dinyatakan di sumber,Contoh: A - B. Maluku. Ambon,,2001-03-01,,,2001-03-01,minggu,,,Ambon,-3.7000000,128.2000000,sekitar,1,,1,1,1,,,,,,,,,,,,,,0,,,,,,,,basis_data,"UCDP GED, CC BY 4.0",2,Letak kabupaten menurut titik: inside,pusat,2021-03-01T03:00:00Z
        4744785efad9cad68c3b2c350a27c52f,21.71,Kota Batam,dilaporkan,'=1+1 (2001-02-03),hankam,bentrok_antarkelompok,,,missing: tidak dinyatakan di sumber,,missing: tidak dinyatakan di sumber,Contoh: =1+1. Kepulauan Riau. Batam,,2001-02-03,,,2001-02-04,hari,,,Batam,1.1000000,104.0500000,titik,2,,1,3,0,,,,,,,,,,,,,,0,,,,,,,,basis_data,"UCDP GED, CC BY 4.0",1,Letak kabupaten menurut titik: inside,pusat,2021-03-01T03:00:00Z
    "#]].assert_eq(text.trim_start_matches('\u{feff}'));
    assert_eq!((done.rows, done.name.as_str()), (2, "kejadian.kejadian-2021-03-01.csv"));
    let trail = setup.node.audit_trail(&setup.actor("admin"), None, 9).unwrap();
    let last = trail.iter().map(|(_, entry)| entry).find(|entry| entry.action == "export").unwrap();
    expect!["kejadian.kejadian csv, rows 2, office all, … to …"]
        .assert_eq(&format!("{} {}", last.subject, last.detail));
}

#[tokio::test]
async fn a_scope_limits_and_a_right_is_needed() {
    let setup = filled().await;
    let pusat = setup.actor("pusat");
    let rows = |export: Export| setup.node.export(&pusat, &export).unwrap().rows;
    let csv = || order(ExportFormat::Csv);
    assert_eq!(rows(Export { office: Some(KEPRI), ..csv() }), 1);
    assert_eq!(rows(Export { from: Some("2001-03-01".parse().unwrap()), ..csv() }), 1);
    assert_eq!(rows(Export { to: Some("2001-01-01".parse().unwrap()), ..csv() }), 0);
    setup.person("operator", "operator", BATAM);
    setup.person("analis", "analis", KEPRI);
    let refused = setup.node.export(&setup.actor("operator"), &csv());
    assert_eq!(told(&refused, ""), "Denied: policy.denied");
    assert_eq!(setup.node.export(&setup.actor("analis"), &csv()).unwrap().rows, 1);
    let unknown = Export { type_key: "tidak.ada".to_owned(), ..csv() };
    assert_eq!(
        told(&setup.node.export(&pusat, &unknown), ""),
        "Invalid: pack.unknown_type at type"
    );
    assert!(ExportFormat::from_str("pdf").is_err());
}

#[tokio::test]
async fn what_is_exported_can_be_imported_elsewhere() {
    for format in [ExportFormat::Csv, ExportFormat::Xlsx] {
        let setup = filled().await;
        let pusat = setup.actor("pusat");
        let done = setup.node.export(&pusat, &order(format)).unwrap();
        let other = national().await;
        let file = other.dir.path().join("salinan");
        std::fs::write(&file, &done.bytes).unwrap();
        let rejects = other.dir.path().join("ditolak.csv");
        let import = ImportFile {
            file: &file,
            mapping: None,
            type_key: Some("kejadian.kejadian"),
            dry_run: false,
            rejects: &rejects,
        };
        let there = other.actor("pusat");
        let counts = other.node.import(&there, import, &|p| format!("{p:?}"), &mut |_| {}).await;
        let counts = counts.unwrap();
        assert_eq!(counts.imported, 2, "{}", std::fs::read_to_string(&rejects).unwrap());
        let again = other.node.export(&there, &order(ExportFormat::Csv)).unwrap();
        let here = setup.node.export(&pusat, &order(ExportFormat::Csv)).unwrap();
        assert_eq!(String::from_utf8(again.bytes).unwrap(), String::from_utf8(here.bytes).unwrap());
    }
}

#[tokio::test]
async fn a_parquet_file_begins_and_ends_as_one() {
    let setup = filled().await;
    let done = setup.node.export(&setup.actor("pusat"), &order(ExportFormat::Parquet)).unwrap();
    assert!(done.bytes.starts_with(b"PAR1") && done.bytes.ends_with(b"PAR1"));
    let text = String::from_utf8_lossy(&done.bytes);
    assert!(text.contains("genggam.exported_by"));
}
