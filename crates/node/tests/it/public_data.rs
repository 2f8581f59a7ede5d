//! Public data, where they stand beside the checkout.

use expect_test::expect;

use crate::imports::{counted, import, mapping, national, root};

/// The shared data, where it stands beside the checkout.
#[expect(clippy::print_stdout, reason = "whoever reads the run must see what was not tested")]
fn shared(name: &str) -> Option<Vec<u8>> {
    let file = root().join("../shared/data").join(name);
    match std::fs::read(&file) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            println!("NOT TESTED: ../shared/data/{name} is not beside the checkout");
            None
        }
    }
}

#[tokio::test]
async fn the_conflict_events_come_in() {
    let Some(table) = shared("conflict_events_1989_2002.csv") else { return };
    let setup = national().await;
    let mapping = mapping("conflict_events.toml");
    let (done, rejected) = import(&setup, &table, Some(&mapping), false).await;
    let done = done.unwrap();
    expect![[r#"775 imported, 0 repeated, 297 rejected {"office.outside_tree": 297}"#]]
        .assert_eq(&counted(&done));
    assert_eq!(done.rows, 1072);
    assert_eq!(rejected.matches("place=Timor Timur Province").count(), 296);
    assert_eq!(done.reasons.0["office.outside_tree"], 297);
    setup.clock.advance(1_000);
    let (again, _) = import(&setup, &table, Some(&mapping), false).await;
    let again = again.unwrap();
    assert_eq!(again.repeated, done.imported, "{again:?}");
}

#[tokio::test]
async fn the_vaccine_files_come_in() {
    let (Some(kepri), Some(shipments)) =
        (shared("vaccine_kepri_2021-01.csv"), shared("vaccine_shipments_2021-01.csv"))
    else {
        return;
    };
    let setup = national().await;
    let (done, rejected) =
        import(&setup, &shipments, Some(&mapping("vaccine_shipments.toml")), false).await;
    expect![[r#"
        32 imported, 0 repeated, 0 rejected {}
        tanggal,kode_prov,provinsi,vial,alasan_kode,alasan_tempat,alasan,alasan_baris
    "#]]
    .assert_eq(&format!("{}\n{rejected}", counted(&done.unwrap())));
    let (done, rejected) =
        import(&setup, &kepri, Some(&mapping("vaccine_kepri.toml")), false).await;
    expect![[r#"9 imported, 0 repeated, 2 rejected {"import.left_out": 2}"#]]
        .assert_eq(&counted(&done.unwrap()));
    let codes: Vec<&str> = rejected.lines().skip(1).collect();
    expect![[r#"
        2021-01-05,provinsi,21,Kepulauan Riau,dijadwalkan_tiba_RHF,13000,12000,https://batam.tribunnews.com/2021/01/05/riau-islands-will-get-1480000-doses-of-covid-19-vaccine-from-the-central-government,total rencana 15 bulan 1.480.000 dosis,import.left_out,,"reason=jadwal tiba kiriman yang sama, bukan kiriman lain",4
        2021-01-26,provinsi,21,Kepulauan Riau,progres_nakes_persen,18,14363,idem,18% dari 14.363 nakes,import.left_out,,"reason=persentase penerima, bukan jumlah dosis",12"#]].assert_eq(&codes.join("\n"));
}
