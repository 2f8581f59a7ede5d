//! The three functions that plans use: an office's place, whether a fact is allowed, and the
//! period of a date. Each looks up a table made for the query.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Date32Array, UInt32Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::cast::{as_date32_array, as_uint32_array};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use domain::ids::OfficeId;
use domain::period::{Date, Grain, Period};

use crate::places::Places;
use crate::query::OfficeAxis;

/// The office on an axis for a fact of this office and date.
pub(crate) fn place(places: &Arc<Places>, axis: OfficeAxis, office: Expr, date: Expr) -> Expr {
    let what = What::Place(Arc::clone(places), axis);
    call("place", what, &[DataType::UInt32, DataType::Date32], vec![office, date])
}

/// Whether a fact of this office and date is within the office asked and the scope.
pub(crate) fn allowed(places: &Arc<Places>, office: Expr, date: Expr) -> Expr {
    let what = What::Allowed(Arc::clone(places));
    call("allowed", what, &[DataType::UInt32, DataType::Date32], vec![office, date])
}

/// The first day of the period that contains a date.
pub(crate) fn period(grain: Grain, date: Expr) -> Expr {
    call("period", What::Period(grain), &[DataType::Date32], vec![date])
}

fn call(name: &'static str, what: What, types: &[DataType], args: Vec<Expr>) -> Expr {
    let signature = Signature::exact(types.to_vec(), Volatility::Immutable);
    ScalarUDF::new_from_impl(Function { name, what, signature }).call(args)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    name: &'static str,
    what: What,
    signature: Signature,
}

#[derive(Debug)]
enum What {
    Place(Arc<Places>, OfficeAxis),
    Allowed(Arc<Places>),
    Period(Grain),
}

impl PartialEq for What {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Place(a, x), Self::Place(b, y)) => Arc::ptr_eq(a, b) && x == y,
            (Self::Allowed(a), Self::Allowed(b)) => Arc::ptr_eq(a, b),
            (Self::Period(a), Self::Period(b)) => a == b,
            (Self::Place(..) | Self::Allowed(_) | Self::Period(_), _) => false,
        }
    }
}

impl Eq for What {}

impl Hash for What {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Place(places, axis) => (0, Arc::as_ptr(places), axis.to_string()).hash(state),
            Self::Allowed(places) => (1, Arc::as_ptr(places)).hash(state),
            Self::Period(grain) => (2, grain).hash(state),
        }
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let which = match &self.what {
            What::Place(_, axis) => axis.to_string(),
            What::Allowed(_) => String::new(),
            What::Period(grain) => format!("{grain:?}"),
        };
        let args = args.iter().map(|arg| arg.schema_name().to_string()).collect::<Vec<_>>();
        Ok(format!("{}:{which}({})", self.name, args.join(",")))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(match self.what {
            What::Place(..) => DataType::UInt32,
            What::Allowed(_) => DataType::Boolean,
            What::Period(_) => DataType::Date32,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays = args.args.into_iter().map(|arg| arg.into_array(rows));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let array: ArrayRef = match &self.what {
            What::Place(places, axis) => {
                let found = pairs(&arrays)?
                    .map(|(office, date)| Some(places.at(office, date)?.at(*axis)?.0));
                Arc::new(found.collect::<UInt32Array>())
            }
            What::Allowed(places) => {
                let found = pairs(&arrays)?.map(|(office, date)| places.allows(office, date));
                Arc::new(BooleanArray::from(found.collect::<Vec<_>>()))
            }
            What::Period(grain) => {
                let mut last = Period::containing(*grain, Date(0));
                let days = as_date32_array(&arrays[0])?.values().iter();
                let firsts = days.map(|day| {
                    if !last.contains(Date(*day)) {
                        last = Period::containing(*grain, Date(*day));
                    }
                    last.first().0
                });
                Arc::new(Date32Array::from(firsts.collect::<Vec<_>>()))
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

/// Offices and dates, row by row; neither column of facts has empty cells.
fn pairs(arrays: &[ArrayRef]) -> Result<impl Iterator<Item = (OfficeId, Date)> + '_> {
    let (offices, dates) = (as_uint32_array(&arrays[0])?, as_date32_array(&arrays[1])?);
    debug_assert_eq!(offices.null_count() + dates.null_count(), 0);
    let pairs = offices.values().iter().zip(dates.values().iter());
    Ok(pairs.map(|(office, date)| (OfficeId(*office), Date(*date))))
}
