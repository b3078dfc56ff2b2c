package egen

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// nationwide is an answer of the size of the real one: 443 rows with 35 of 54
// pairs each.
func nationwide() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><response><header><resultCode>00</resultCode><resultMsg>NORMAL SERVICE.</resultMsg></header><body><items>`)
	for row := range 443 {
		fmt.Fprintf(&b, "<item><dutyName>의료법인 %d병원</dutyName><dutyTel3>02-1234-%04d</dutyTel3><hpid>A11%05d</hpid><hvidate>20260730164621</hvidate>", row, row, row)
		for i := range 35 {
			p := pairs[(i+row)%len(pairs)]
			value := strconv.Itoa(i)
			if items[(i+row)%len(pairs)].YesNo {
				value = "Y"
			}
			fmt.Fprintf(&b, "<%s>%s</%s><%s>50</%s>", p.available, value, p.available, p.baseline, p.baseline)
		}
		fmt.Fprintf(&b, "<phpid>A11%05d</phpid><rnum>%d</rnum></item>", row, row+1)
	}
	b.WriteString("</items><numOfRows>1000</numOfRows><pageNo>1</pageNo><totalCount>443</totalCount></body></response>")
	return []byte(b.String())
}

func BenchmarkDecodeNation(b *testing.B) {
	body := nationwide()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := decode(body)
		if err != nil || len(p.observations) != 443 || len(p.observations[0].Readings) != 35 {
			b.Fatal(len(p.observations), err)
		}
	}
}
