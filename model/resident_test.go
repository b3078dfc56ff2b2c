package model

import (
	"strings"
	"testing"
	"unicode"

	"weer/model/fault"
)

func TestResidentRegistrationNumbersAreRefused(t *testing.T) {
	for _, text := range []string{
		"900101-1234567", "9001011234567", "환자 900101-1234567 흉통", "900101 1234567", "900101 - 1234567", "900101\n1234567",
		"900101.1234567", "900101·1234567", "900101–1234567", "900101—1234567", "900101−1234567", "900101ㅡ1234567", "900101_1234567",
		"900101/1234567", "900101~1234567", "90.01.01-1234567", "90 01 01 1234567", "900101-1 234567", "900101--1234567",
		"９００１０１－１２３４５６７", "９００１０１１２３４５６７", "٩٠٠١٠١-١٢٣٤٥٦٧", "𝟗𝟎𝟎𝟏𝟎𝟏-𝟏𝟐𝟑𝟒𝟓𝟔𝟕", "900101\u200b-\u200b1234567",
		"주민900101-8234567번", "(051231-4234567)",
	} {
		err := checkComplaint(text)
		if !fault.Is(err, fault.Invalid) || fault.Public(err).Field != "complaint" {
			t.Errorf("%q: %v", text, err)
		} else if strings.Contains(err.Error(), "1234567") {
			t.Errorf("the error repeats it: %v", err)
		}
	}
}

func TestWhatIsNoResidentRegistrationNumber(t *testing.T) {
	for _, text := range []string{
		"", "30분 전부터 가슴 통증", "BP 120/80, HR 110, RR 20, BT 36.5, SpO2 98", "120/80 110 20 36.5 98 7", "010-1234-5678", "보호자 02-123-4567",
		"991301-1234567", "900132-1234567", "900100-1234567", "900101-9234567", "900101-0234567", // no such day, no such digit
		"1900101-1234567", "900101-12345678", "900101-123456", "2026-07-01 09:30 쓰러짐", "2026.07.01 09:30, 120/80", "등록번호 12345678",
		"900101", "900101-1******", "생년월일 1990-01-01", "900101가1234567",
	} {
		if err := checkComplaint(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The digits of every script are the digits that they are.
func TestDigitsOfEveryScript(t *testing.T) {
	n := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.Is(unicode.Nd, r) {
			continue
		}
		if want := byte(n % 10); digitOf(r) != want {
			t.Fatalf("%q is %d, want %d", r, digitOf(r), want)
		}
		n++
	}
	if n < 300 || n%10 != 0 {
		t.Errorf("%d digits of all scripts", n)
	}
}
