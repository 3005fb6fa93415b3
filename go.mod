module tcp-operator.io

go 1.26.0
