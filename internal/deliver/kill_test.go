package deliver

func victim() {}
