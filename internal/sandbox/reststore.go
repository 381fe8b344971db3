package sandbox

// storeInformation is GET /v2/store: a bare object (facts 2.4).
func (x *restCall) storeInformation() {
	s, sh := x.store, x.store.shop
	c := countries[sh.country]
	first, last := "Store", "Owner"
	if owner := x.world.ownerOf(s); owner != nil {
		first, last = owner.person.first, owner.person.last
	}
	domain := s.hash + ".shop.example"
	body := object{
		"id": s.hash, "account_uuid": x.accountUUID(), "store_id": s.num, "name": s.name, "domain": domain, "secure_url": "https://" + domain,
		"control_panel_base_url": "https://store-" + s.hash + ".shop.example", "status": sh.status, "first_name": first, "last_name": last,
		"address": "1 Example Street", "country": c.name, "country_code": c.code, "infrastructure_region": "us-central1", "phone": "",
		"admin_email": x.world.adminOf(s), "order_email": "orders@" + x.world.domain, "favicon_url": "", "timezone": c.timezone(),
		"language": c.language, "currency": c.currency, "currency_symbol": c.symbol, "decimal_separator": ".", "thousands_separator": ",",
		"decimal_places": 2, "currency_symbol_location": "left", "weight_units": "KGS", "dimension_units": "Centimeters",
		"dimension_decimal_places": 2, "dimension_decimal_token": ".", "dimension_thousands_token": ",", "plan_name": sh.plan.name,
		"plan_level": sh.plan.level, "plan_is_trial": false, "industry": "Sporting Goods", "logo": object{"url": "https://" + domain + "/logo.png"},
		"is_price_entered_with_tax": c.offset >= 0, "default_channel_id": 1, "default_site_id": 1000, "active_comparison_modules": []any{},
		"features": features(),
	}
	x.spoilInformation(body)
	x.json(200, body)
}

func (x *restCall) spoilInformation(body object) {
	if x.odd(StoreUnknownWords) {
		body["status"] = "hibernating"
	}
	switch {
	case x.odd(StoreLogoArray):
		body["logo"] = []any{}
	case x.odd(StoreLogoObject):
		body["logo"] = object{}
	}
	if x.odd(StoreBareStore) {
		for _, key := range words(`account_uuid store_id plan_is_trial default_channel_id default_site_id infrastructure_region features`) {
			delete(body, key)
		}
	}
}

// accountUUID is the account that a store names: another one to some tokens, or by a fault.
func (x *restCall) accountUUID() string {
	if x.odd(StoreOtherAccount) {
		return "f3a1b2c4-0000-4d5e-8f60-71828394a5b6"
	}
	return or(x.api.accountUUID, x.world.uuid)
}

func (c country) timezone() object {
	return object{
		"name": c.zone, "raw_offset": c.offset, "dst_offset": c.offset + 3600, "dst_correction": true,
		"date_format": object{"display": "M jS Y", "export": "M jS Y", "extended_display": "M jS Y @ g:i A"},
	}
}

func features() object {
	return object{
		"stencil_enabled": true, "sitewidehttps_enabled": true, "facebook_catalog_id": "", "checkout_type": "optimized", "wishlists_enabled": true,
		"graphql_storefront_api_enabled": true, "shopper_consent_tracking_enabled": true, "multi_storefront_enabled": true,
		"storefront_limits": object{"active": 3, "total_including_inactive": 4},
	}
}

// storeTime is GET /v2/time: seconds, for any token (facts 2.4).
func (x *restCall) storeTime() { x.json(200, object{"time": x.at.Unix()}) }
