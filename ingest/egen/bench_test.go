package egen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The nationwide answers, of the size of the real ones or larger, in the order
// and padding of the wire.

func country(rows int, row func(b *strings.Builder, i int)) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><response><header><resultCode>00</resultCode><resultMsg>NORMAL SERVICE.</resultMsg></header><body><items>`)
	for i := range rows {
		b.WriteString("<item>")
		row(&b, i)
		fmt.Fprintf(&b, "<rnum>%d</rnum></item>", i+1)
	}
	fmt.Fprintf(&b, "</items><numOfRows>1000</numOfRows><pageNo>1</pageNo><totalCount>%d</totalCount></body></response>", rows)
	return []byte(b.String())
}

// nationOfBeds has 443 rows with the given number of the 54 pairs; really there
// are about 25.
func nationOfBeds(reported int) []byte {
	return country(443, func(b *strings.Builder, row int) {
		fmt.Fprintf(b, "<dutyName>의료법인 %d병원</dutyName><dutyTel3>02-1234-%04d</dutyTel3><hpid>A11%05d</hpid><hvidate>20260730164621</hvidate>", row, row, row)
		for i := range reported {
			at := (i + row) % len(pairs)
			value := strconv.Itoa(i)
			if items[at].YesNo {
				value = "Y"
			}
			fmt.Fprintf(b, "<%s>%s</%[1]s><%[3]s>60</%[3]s>", pairs[at].available, value, pairs[at].baseline)
		}
		fmt.Fprintf(b, "<phpid>A11%05d</phpid>", row)
	})
}

func nationOfDeclarations() []byte {
	return country(438, func(b *strings.Builder, row int) {
		fmt.Fprintf(b, "<dutyName>의료법인 %d병원</dutyName><hpid>A11%05d</hpid>", row, row)
		for i := range diseases {
			fmt.Fprintf(b, "<MKioskTy%d>%s</MKioskTy%[1]d>", i+1, []string{"정보미제공", "Y         ", "정보미제공", "불가능"}[(i+row)%4])
			if slices.Contains([]int{10, 12, 14, 15, 27}, i+1) {
				fmt.Fprintf(b, "<MKioskTy%dMsg>24개월 이상</MKioskTy%[1]dMsg>", i+1)
			}
		}
	})
}

func nationOfAnnouncements(t testing.TB) []byte {
	texts := recordedTexts(t)
	return country(700, func(b *strings.Builder, row int) {
		r := texts[row%len(texts)]
		fmt.Fprintf(b, "<dutyAddr>서울특별시 구로구 구로동로 148 (구로동)</dutyAddr><dutyName>병원</dutyName><emcOrgCod>%s</emcOrgCod><hpid>%[1]s</hpid>", r[0])
		fmt.Fprintf(b, "<symBlkEndDtm>20260801080000</symBlkEndDtm><symBlkMsg>%s</symBlkMsg><symBlkMsgTyp>%s</symBlkMsgTyp><symBlkSttDtm>202607301%05d</symBlkSttDtm>", escaped(r[3]), r[1], row)
		fmt.Fprintf(b, "<symOutDspMth>자동</symOutDspMth><symOutDspYon>차단</symOutDspYon><symTypCod>%s</symTypCod><symTypCodMag>응급실</symTypCodMag><trtPrtCodMag>안과</trtPrtCodMag>", r[2])
	})
}

func nationOfInstitutions() []byte {
	return country(534, func(b *strings.Builder, row int) {
		fmt.Fprintf(b, "<dutyAddr>울산광역시 남구 남산로354번길 26 (신정동)</dutyAddr><dutyEmcls>G009</dutyEmcls><dutyEmclsName>응급실운영신고기관</dutyEmclsName><dutyName>%d병원</dutyName>", row)
		fmt.Fprintf(b, "<dutyTel1>052-220-3334</dutyTel1><dutyTel3>052-220-3334</dutyTel3><hpid>A17%05d</hpid><wgs84Lat>35.54823820112527</wgs84Lat><wgs84Lon>129.30701143429678</wgs84Lon>", row)
	})
}

func benchmarkDecode[T any](b *testing.B, body []byte, op *operation[T], values int) {
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	start := cpu()
	for b.Loop() {
		mustDecode(b, body, op, values)
	}
	reportCPU(b, start)
}

func mustDecode[T any](b *testing.B, body []byte, op *operation[T], values int) {
	p, err := decode(body, op)
	if err != nil || len(p.values) != values || p.total != p.rows || len(p.rejected) != 0 {
		b.Fatal(len(p.values), p.total, p.rejected, err)
	}
}

// cpu is what the process has used of it; the wall's clock says nothing on a
// machine that does other things.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func reportCPU(b *testing.B, start time.Duration) {
	b.ReportMetric(float64((cpu()-start).Microseconds())/1e3/float64(b.N), "cpu-ms/op")
}

func BenchmarkDecodeBeds(b *testing.B)      { benchmarkDecode(b, nationOfBeds(35), &beds, 443) }
func BenchmarkDecodeBedsOfAll(b *testing.B) { benchmarkDecode(b, nationOfBeds(54), &beds, 443) }
func BenchmarkDecodeAcceptance(b *testing.B) {
	benchmarkDecode(b, nationOfDeclarations(), &acceptance, 438)
}
func BenchmarkDecodeAnnouncements(b *testing.B) {
	benchmarkDecode(b, nationOfAnnouncements(b), &announcements, 700)
}
func BenchmarkDecodeInstitutions(b *testing.B) {
	benchmarkDecode(b, nationOfInstitutions(), &institutions, 534)
}

// BenchmarkDecodeNation is a whole poll of the country: all 54 pairs of 443
// hospitals, the 28 diseases of 438, 700 messages. At most 120 ms of CPU.
func BenchmarkDecodeNation(b *testing.B) {
	bodies := [][]byte{nationOfBeds(54), nationOfDeclarations(), nationOfAnnouncements(b)}
	b.SetBytes(int64(len(slices.Concat(bodies...))))
	b.ReportAllocs()
	start := cpu()
	for b.Loop() {
		mustDecode(b, bodies[0], &beds, 443)
		mustDecode(b, bodies[1], &acceptance, 438)
		mustDecode(b, bodies[2], &announcements, 700)
	}
	reportCPU(b, start)
}
