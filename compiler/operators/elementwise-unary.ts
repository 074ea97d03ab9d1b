import { defineOperator } from "../define.ts";

export default defineOperator({
  ops: [
    ..."Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Clip Cos Cosh CumSum Elu Erf Exp Floor Gelu HardSigmoid".split(
      " ",
    ),
    ..."HardSwish Identity LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh".split(
      " ",
    ),
    ..."Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu".split(" "),
    ..."Hardmax LogSoftmax LpNormalization LRN MeanVarianceNormalization Softmax".split(" "),
    ..."BatchNormalization GroupNormalization InstanceNormalization RMSNormalization Dropout".split(
      " ",
    ),
    ..."Scatter ScatterElements ScatterND TensorScatter ReverseSequence".split(" "),
  ],
  domains: [""],
  summary: "The first output has the type and shape of the first input",
  infer: (node, [x]) => node.outputs.map((_, index) => (index === 0 ? x : null)),
});
